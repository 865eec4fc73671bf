#include <libneuron/libneuron.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);return t.tv_sec+t.tv_nsec*1e-9;}
#define T(what, ...) do{double b=now(); int s=(__VA_ARGS__); printf("%-28s %8.3f s  %d %s\n",what,now()-b,s,s<0?neuron_error_last():"");}while(0)
int main(int argc,char**argv){setvbuf(stdout,NULL,_IONBF,0);int n=argc>1?atoi(argv[1]):10000;
neuron_context_t*c;neuron_context_create(&c);neuron_context_set_threads(c,1);neuron_graph_t*g;neuron_graph_create(&g,c);
double b=now();int64_t e=4;neuron_node_t*x=neuron_input(g,&e,1);for(int i=2;i<n;i++)x=i%2?neuron_relu(g,x):neuron_dense(g,x,4);printf("build %f\n",now()-b);
T("finish",neuron_graph_finish(g,x));
size_t size;T("save size",neuron_graph_save_memory(g,NULL,0,&size));void*m=malloc(size);T("save",neuron_graph_save_memory(g,m,size,NULL));printf("%zu bytes\n",size);
neuron_graph_t*h=NULL;T("load",neuron_graph_load_memory(&h,c,m,size));
int64_t bytes;T("memory",neuron_graph_memory(g,NEURON_MEMORY_TRAINING,32,&bytes));
size_t need;T("summary",neuron_graph_summary(g,1,NULL,0,&need));
neuron_tensor_t*in,*out;neuron_tensor_create(&in,c,NEURON_F32,(int64_t[]){1,4},2);neuron_tensor_create(&out,c,NEURON_F32,(int64_t[]){1,4},2);T("predict",neuron_graph_predict(g,in,out));T("predict again",neuron_graph_predict(g,in,out));
b=now();for(int i=0;i<neuron_graph_node_count(g);i++){char s[40];const char*nm=neuron_node_name(neuron_graph_node(g,i));snprintf(s,40,"%s",nm);if(!neuron_graph_find_node(g,s))abort();}printf("find all %f\n",now()-b);
neuron_graph_t*small;neuron_graph_create(&small,c);x=neuron_input(small,&e,1);neuron_graph_finish(small,neuron_softmax(small,neuron_dense(small,x,4)));
int k=3300;neuron_graph_t**all=malloc(k*sizeof*all);for(int i=0;i<k;i++)all[i]=small;neuron_graph_t*com=NULL;T("committee 3300",neuron_committee_create(&com,c,all,k,NEURON_COMMITTEE_MEAN,NULL));
if(com)T("committee predict",neuron_graph_predict(com,in,out));
neuron_graph_create(&h,c);x=neuron_input(h,&e,1);neuron_node_t*many[4096];b=now();for(int i=0;i<4096;i++)many[i]=neuron_dense(h,x,2);x=neuron_concat(h,many,4096,-1);T("concat 4096",neuron_graph_finish(h,x));printf("%f\n",now()-b);
neuron_tensor_create(&out,c,NEURON_F32,(int64_t[]){1,8192},2);T("concat predict",neuron_graph_predict(h,in,out));
return 0;}
