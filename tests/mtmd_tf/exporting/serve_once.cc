// Answers requests as TensorFlow Serving does, with its loader and its rule for absent inputs:
//   serve_once MODEL REQUEST ANSWER [REQUEST ANSWER]...
// A file holds a SignatureDef: `method_name` is the signature's name, `defaults` the tensors by name.

#include <fstream>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "tensorflow/cc/saved_model/loader.h"
#include "tensorflow/cc/saved_model/util.h"
#include "tensorflow/core/framework/tensor.h"
#include "tensorflow/core/protobuf/meta_graph.pb.h"
#include "tensorflow/core/public/session_options.h"

namespace {

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << std::endl;
  std::exit(1);
}

void Answer(const tensorflow::SavedModelBundle& bundle, const std::string& request_path, const std::string& path) {
  tensorflow::SignatureDef request, answer;
  std::ifstream file(request_path, std::ios::binary);
  if (!request.ParseFromIstream(&file)) Require(absl::InvalidArgumentError(request_path));
  const auto& signature = bundle.GetSignatures().at(request.method_name());
  std::vector<std::pair<std::string, tensorflow::Tensor>> inputs;
  Require(tensorflow::saved_model::GetInputValues(signature, request.defaults(), inputs));
  std::vector<std::string> names, fetches;
  for (const auto& [name, info] : signature.outputs()) {
    names.push_back(name);
    fetches.push_back(info.name());
  }
  std::vector<tensorflow::Tensor> outputs;
  Require(bundle.GetSession()->Run(inputs, fetches, {}, &outputs));
  for (size_t i = 0; i < names.size(); ++i) outputs[i].AsProtoField(&(*answer.mutable_defaults())[names[i]]);
  std::ofstream out(path, std::ios::binary);
  answer.SerializeToOstream(&out);
}

}  // namespace

int main(int argc, char** argv) {
  tensorflow::SavedModelBundle bundle;
  Require(tensorflow::LoadSavedModel(tensorflow::SessionOptions(), tensorflow::RunOptions(), argv[1], {"serve"},
                                     &bundle));
  for (int i = 2; i + 1 < argc; i += 2) Answer(bundle, argv[i], argv[i + 1]);
  return 0;
}
